import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryStore, openSqliteStore, type StoreOptions } from "../../src/store/sqlite/open.ts";
import type { Store, Template } from "../../src/store/types.ts";

export interface Backend {
  readonly name: string;
  /** A fresh store. */
  open(options?: StoreOptions): Promise<Store>;
  /** Closes the store and opens what it left, where anything is left. */
  readonly reopen?: (store: Store, options?: StoreOptions) => Promise<Store>;
  /** After each test: closes and removes everything. */
  cleanUp(): Promise<void>;
}

/** An empty folder under the system's one for such. */
export function tempFolder(): string {
  return mkdtempSync(join(tmpdir(), "kl-store-"));
}

function memory(): Backend {
  const open: Store[] = [];
  return {
    name: "memory",
    async open(options) {
      const store = await openMemoryStore(options);
      open.push(store);
      return store;
    },
    async cleanUp() {
      await Promise.all(open.splice(0).map((store) => store.close()));
    },
  };
}

function sqlite(): Backend {
  const open = new Map<Store, string>();
  const folders: string[] = [];
  const openFile = async (file: string, options: StoreOptions = {}): Promise<Store> => {
    const store = await openSqliteStore({ file, ...options });
    open.set(store, file);
    return store;
  };
  return {
    name: "sqlite",
    open(options) {
      const folder = tempFolder();
      folders.push(folder);
      return openFile(join(folder, "state.db"), options);
    },
    async reopen(store, options) {
      const file = open.get(store);
      if (file === undefined) throw new Error("not a store of this backend");
      await store.close();
      open.delete(store);
      return openFile(file, options);
    },
    async cleanUp() {
      await Promise.all([...open.keys()].map((store) => store.close()));
      open.clear();
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
    },
  };
}

export const backends = (): Backend[] => [memory(), sqlite()];

const hole = '{"rv":"';

/** A value with the revision in its middle. */
export function template(text: string): Template {
  return { bytes: Buffer.from(`${hole}","text":${JSON.stringify(text)}}`), slot: hole.length };
}

/** What template() becomes once stamped. */
export function stamped(text: string, revision: number): string {
  return `${hole}${revision}","text":${JSON.stringify(text)}}`;
}
