// A database as the original DumbKV left it. The tokens were made by Python's `cryptography`, which
// the original used, as Fernet(column).encrypt(value): what we read is not what we wrote.
// Used by tests of the import.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { tempFolder } from './temp-folder.ts';

export interface OriginalEntry {
  readonly database: number;
  readonly key: string;
  readonly value: string;
  readonly column: string;
  readonly token: string;
}

const entry = (
  database: number,
  key: string,
  value: string,
  column: string,
  token: string,
): OriginalEntry => ({ database, key, value, column, token });

export const ORIGINAL: readonly OriginalEntry[] = [
  entry(
    0,
    'greeting',
    'hello',
    'MThmNmIwMjAwYjZmZDMyY2U0ZTg1YjZjODQxZjcyMjQ=',
    'gAAAAABrAdV-waVIFj904aIcfbrb5Mj7jmQ1_gQhVvFUTOlAq8Gu7_1JVJPV_0An_aDvvc' +
      'wUgHpn5lmrRXEmrAcfxGcUi7D3eQ==',
  ),
  entry(
    0,
    'schlüssel/ß',
    'wért ünd 値',
    'NDE0MGUxZDBjNWVkMjQ2N2U2MGI3YzdmZGJlZWFlMDk=',
    'gAAAAABrAdV-dq4hJDi-ZofgUOrIzRzHw9vWr-fXppHlYn-M1NjX6pQzaGSP5s3Ctfyyqv' +
      'IO-wMC_2e7qU_oWGkdE0G5TXqzDQ==',
  ),
  entry(
    0,
    'empty',
    '',
    'MmUxY2ZhODJiMDM1YzI2Y2JiYmRhZTYzMmNlYTA3MDU=',
    'gAAAAABrAdV-HfUn0ICLRySiGT9EIU9v23hx9872l28OVYA7mllQNDgxtFFkKG8d9N-4eu' +
      'tS4GrJztEjhm9j9DmpK8k4rWbG3Q==',
  ),
  entry(
    7,
    'greeting',
    'another database',
    'MThmNmIwMjAwYjZmZDMyY2U0ZTg1YjZjODQxZjcyMjQ=',
    'gAAAAABrAdV-Qd8Bo7NBeClr0Nd970OMMQpXOf2OZ-cm3I7LvkcOyZaLCvWDBU67BWQfDC' +
      'iL0_VEs9jKvuhF_9-vg41SSDG8zXyxPKy3P3JgYNNslMDSE1c=',
  ),
  entry(
    2147483647,
    ' spaces kept ',
    'line one\nline two',
    'MDY3MWIxNWUxNmNjMDdhMGM3YTIyMWUyYjM3MDVhZjE=',
    'gAAAAABrAdV-SykToNLdPVAAdddcPaP3QvmMUcJsrcQxchXo0tssPZjgcOnAdgj9MeXFWH' +
      'vIFekVU-BOdCKhna4SnZr-F8j3DLuJ8FLt5wm8kSsIeDw16Ws=',
  ),
  entry(
    0,
    '{"looks":"like json"}',
    '{"value": true}',
    'YTI3ZmU3NGJiYWNhMzI3NTYzNjRkYWE5OWU5NmFkMGQ=',
    'gAAAAABrAdV-VuSxY5TC3TTuIbNEz435DctgnKzjIfqX4sbNz2JSqzIZEY9k0iaeTuguY-' +
      'JWornWqcMMIkoxxE29D6bSu8vMGw==',
  ),
  entry(
    0,
    'bom',
    '\ufeffwith a mark',
    'MjNmMzc3MGI2NDQxYzhkNWM5YzVmZDZiMzY0OTcyYjA=',
    'gAAAAABrAdV-e7sn4od4mZomR_xwXzA_KZdTBSXxZuoqg3SfAWBEQHjP7GfYAuAKo9XRh1' +
      'SnyrbutlZWtBm2K5UY-WM0q-uE9g==',
  ),
  entry(
    0,
    'padding',
    'sixteen bytes!!!',
    'YjA4YzllMjliZTQ0ZWI5OWMxZmNlMWE2MDljMDNmMTY=',
    'gAAAAABrAdV--BAu0kvs8W86cTCbiyovmm0VhkPf-vTDHh1x-1Ct3sID05VyemM8B5T4yM' +
      '8eEJs3UcLfsNCgtwREVXzYsA10tVk8d48wFWxtAYxbRl6JMfE=',
  ),
];

type Row = Pick<OriginalEntry, 'database' | 'column' | 'token'>;

/** Makes a database with these rows, as that program did; gives its path. */
export function makeOriginal(rows: readonly Row[] = ORIGINAL): string {
  const path = join(tempFolder(), 'original.db');
  const db = new Database(path);
  db.exec(`CREATE TABLE kv (database_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (database_id, key))`);
  const insert = db.prepare('INSERT INTO kv VALUES (?, ?, ?)');
  db.transaction(() => {
    for (const { database, column, token } of rows) insert.run(database, column, token);
  })();
  db.close();
  return path;
}
