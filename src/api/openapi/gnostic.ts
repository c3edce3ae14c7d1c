/**
 * A Swagger 2.0 document as protobuf, in the form that client-go asks for. Field numbers: openapiv2/OpenAPIv2.proto of
 * https://github.com/google/gnostic-models. Free values are YAML there, of which JSON is a part.
 */
import { ProtobufWriter } from "../../machinery/protobuf/writer.ts";
import type { OpenApiObject } from "../../machinery/schema/to-openapi.ts";

type Write = (value: unknown) => void;
/** By the name in JSON: the number and how the value is written. */
type Fields = Readonly<Record<string, readonly [number: number, write: Write, repeated?: "repeated"]>>;

/** Several hundred milliseconds' worth of megabytes: made once in a while, then kept by the caller. */
export function gnosticDocument(document: OpenApiObject): Buffer {
  return new GnosticWriter().document(document);
}

class GnosticWriter {
  readonly #out = new ProtobufWriter();

  document(value: OpenApiObject): Buffer {
    this.#fields(value, this.#document);
    return this.#out.take();
  }

  readonly #text: Write = (value) => this.#out.string(String(value));
  readonly #bool: Write = (value) => this.#out.varint(value === true ? 1 : 0);
  readonly #int: Write = (value) => this.#out.varint(Number(value));
  readonly #double: Write = (value) => this.#out.double(Number(value));

  /** Any {yaml = 2} */
  readonly #any: Write = (value) =>
    this.#sized(() => this.#tagged(2, 2, () => this.#out.string(`${JSON.stringify(value)}\n`)));

  readonly #schema: Write = (value) => this.#message(value, this.#schemaFields);

  /** A list of named values {name = 1, value = 2}, in field `number` of a message of its own. */
  #named(number: number, write: Write): Write {
    return (value) =>
      this.#sized(() => {
        for (const [name, inner] of Object.entries(value as object).reverse()) this.#pair(number, name, inner, write);
      });
  }

  #pair(number: number, name: string, value: unknown, write: Write): void {
    this.#tagged(number, 2, () =>
      this.#sized(() => {
        this.#tagged(2, 2, () => write(value));
        this.#tagged(1, 2, () => this.#out.string(name));
      }),
    );
  }

  readonly #additional: Write = (value) =>
    this.#sized(() => {
      if (typeof value === "boolean") this.#tagged(2, 0, () => this.#bool(value));
      else this.#tagged(1, 2, () => this.#schema(value));
    });

  /** A message whose one field is this value. */
  #wrapped(number: number, write: Write): Write {
    return (value) => this.#sized(() => this.#tagged(number, 2, () => write(value)));
  }

  readonly #schemaFields: Fields = {
    $ref: [1, this.#text],
    format: [2, this.#text],
    title: [3, this.#text],
    description: [4, this.#text],
    default: [5, this.#any],
    multipleOf: [6, this.#double],
    maximum: [7, this.#double],
    exclusiveMaximum: [8, this.#bool],
    minimum: [9, this.#double],
    exclusiveMinimum: [10, this.#bool],
    maxLength: [11, this.#int],
    minLength: [12, this.#int],
    pattern: [13, this.#text],
    maxItems: [14, this.#int],
    minItems: [15, this.#int],
    uniqueItems: [16, this.#bool],
    maxProperties: [17, this.#int],
    minProperties: [18, this.#int],
    required: [19, this.#text, "repeated"],
    enum: [20, this.#any, "repeated"],
    additionalProperties: [21, this.#additional],
    type: [22, this.#wrapped(1, this.#text)],
    items: [23, this.#wrapped(1, this.#schema)],
    allOf: [24, this.#schema, "repeated"],
    properties: [25, this.#named(1, this.#schema)],
    "x-": [31, this.#any],
  };

  readonly #bodyParameter: Fields = {
    description: [1, this.#text],
    name: [2, this.#text],
    in: [3, this.#text],
    required: [4, this.#bool],
    schema: [5, this.#schema],
  };
  readonly #queryParameter: Fields = {
    required: [1, this.#bool],
    in: [2, this.#text],
    description: [3, this.#text],
    name: [4, this.#text],
    type: [6, this.#text],
    uniqueItems: [20, this.#bool],
  };
  readonly #pathParameter: Fields = { ...this.#queryParameter, type: [5, this.#text], uniqueItems: [19, this.#bool] };

  /** ParametersItem {parameter = 1 {body = 1 | nonBody = 2 {query = 3 | path = 4}}} */
  readonly #parameter: Write = (value) => {
    const { in: place } = value as { readonly in: string };
    const body = this.#wrapped(1, (inner) => this.#message(inner, this.#bodyParameter));
    const query = this.#wrapped(3, (inner) => this.#message(inner, this.#queryParameter));
    const path = this.#wrapped(4, (inner) => this.#message(inner, this.#pathParameter));
    const parameter = place === "body" ? body : this.#wrapped(2, place === "path" ? path : query);
    this.#wrapped(1, parameter)(value);
  };

  /** ResponseValue {response = 1 {description = 1, schema = 2 {schema = 1}}} */
  readonly #response: Write = this.#wrapped(1, (value) =>
    this.#message(value, { description: [1, this.#text], schema: [2, this.#wrapped(1, this.#schema)] }),
  );

  readonly #operation: Fields = {
    tags: [1, this.#text, "repeated"],
    description: [3, this.#text],
    operationId: [5, this.#text],
    produces: [6, this.#text, "repeated"],
    consumes: [7, this.#text, "repeated"],
    parameters: [8, this.#parameter, "repeated"],
    responses: [9, this.#named(1, this.#response)],
    schemes: [10, this.#text, "repeated"],
    "x-": [13, this.#any],
  };

  readonly #method: Write = (value) => this.#message(value, this.#operation);
  readonly #pathItem: Fields = {
    get: [2, this.#method],
    put: [3, this.#method],
    post: [4, this.#method],
    delete: [5, this.#method],
    patch: [8, this.#method],
    parameters: [9, this.#parameter, "repeated"],
  };

  readonly #document: Fields = {
    swagger: [1, this.#text],
    info: [2, (value) => this.#message(value, { title: [1, this.#text], version: [2, this.#text] })],
    paths: [8, this.#named(2, (value) => this.#message(value, this.#pathItem))],
    definitions: [9, this.#named(1, this.#schema)],
  };

  #message(value: unknown, fields: Fields): void {
    this.#sized(() => this.#fields(value as OpenApiObject, fields));
  }

  #fields(value: OpenApiObject, fields: Fields): void {
    for (const [name, inner] of Object.entries(value).reverse()) {
      if (inner === undefined) continue;
      const extensions = fields["x-"];
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (name.startsWith("x-")) {
        if (extensions) this.#pair(extensions[0], name, inner, this.#any);
      } else if (field) {
        const [number, write, repeated] = field;
        const wire = write === this.#bool || write === this.#int ? 0 : write === this.#double ? 1 : 2;
        const items: readonly unknown[] = repeated ? [...(inner as unknown[])].reverse() : [inner];
        for (const item of items) this.#tagged(number, wire, () => write(item));
      }
    }
  }

  #tagged(number: number, wire: number, write: () => void): void {
    write();
    this.#out.varint((number << 3) | wire);
  }

  #sized(write: () => void): void {
    const start = this.#out.length;
    write();
    this.#out.varint(this.#out.length - start);
  }
}
