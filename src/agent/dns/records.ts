/** Resource records, as far as a cluster has them. Names are without the last dot. */

export const recordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
} as const;

export const responseCode = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type ResponseCode = (typeof responseCode)[keyof typeof responseCode];

interface RecordBase {
  readonly name: string;
  readonly ttl: number;
}

export interface AddressRecord extends RecordBase {
  readonly type: typeof recordType.A | typeof recordType.AAAA;
  readonly address: string;
}

export interface NameRecord extends RecordBase {
  readonly type: typeof recordType.CNAME | typeof recordType.PTR | typeof recordType.NS;
  readonly target: string;
}

export interface SrvRecord extends RecordBase {
  readonly type: typeof recordType.SRV;
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface TxtRecord extends RecordBase {
  readonly type: typeof recordType.TXT;
  readonly text: string;
}

export interface SoaRecord extends RecordBase {
  readonly type: typeof recordType.SOA;
  readonly primary: string;
  readonly mailbox: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long the absence of a name may be remembered. */
  readonly minimum: number;
}

export type ResourceRecord = AddressRecord | NameRecord | SrvRecord | TxtRecord | SoaRecord;

export interface Answer {
  readonly code: ResponseCode;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}
