// The operator's own Postgres, started by its script: whatever parameters a user sets, the server
// gets in by its password, and no log tells that.
import { expect } from 'vitest';
import { ManagedPostgres } from './support/managed-postgres.ts';
import { asked, testWithOwnPostgres } from './support/postgres.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const MEMORY = { shared_buffers: '32MB' };

testWithOwnPostgres('the password is in no log, though each statement is logged', async () => {
  const logged = { log_statement: 'all', log_min_duration_statement: '0' };
  const postgres = new ManagedPostgres(tempFolder(), { ...MEMORY, ...logged });
  await postgres.start();
  await asked(postgres.url, 'SELECT 4711');
  await waitFor('the log', async () => postgres.said.includes('SELECT 4711'));
  expect(postgres.said).not.toContain(new URL(postgres.url).password);
  expect(postgres.said).not.toContain('ALTER ROLE');
});

testWithOwnPostgres('parameters meant for clients do not keep the password from it', async () => {
  const parameters = { password_encryption: 'md5', default_transaction_read_only: 'on' };
  const postgres = new ManagedPostgres(tempFolder(), { ...MEMORY, ...parameters });
  await postgres.start();
  expect(postgres.said).not.toContain('ERROR');
  expect(await postgres.answers()).toBe(true);
});
