// The operator's own Postgres, started by its script: whatever parameters a user sets, the server
// gets in by its password, also by a new one, and no log tells that; it ends when it is told to.
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

const answersWith = (postgres: ManagedPostgres, password: string) =>
  asked(postgres.urlWith(password), 'SELECT 1').then(
    () => true,
    () => false,
  );

testWithOwnPostgres('a password that is changed counts soon, without a start', async () => {
  const logged = { log_statement: 'all', log_min_duration_statement: '0' };
  const parameters = { ...MEMORY, ...logged, default_transaction_read_only: 'on' };
  const postgres = new ManagedPostgres(tempFolder(), parameters);
  await postgres.start();
  const began = 'SELECT pg_postmaster_start_time()::text AS at';
  const before = (await asked(postgres.url, began)).rows;
  postgres.changePassword('not sound; at all');
  postgres.changePassword('another-password_2');
  await waitFor('the new password', () => answersWith(postgres, 'another-password_2'));
  expect(await postgres.answers()).toBe(false);
  expect((await asked(postgres.urlWith('another-password_2'), began)).rows).toEqual(before);
  expect(postgres.said).not.toContain('another-password_2');
  expect(postgres.said).not.toContain('ALTER ROLE');
});

testWithOwnPostgres(
  'a password that cannot be set so has Postgres begin anew with it',
  async () => {
    const postgres = new ManagedPostgres(tempFolder(), MEMORY);
    postgres.changeClients('local all all reject\nhost all all all scram-sha-256\n');
    await postgres.start();
    postgres.changePassword('another-password_2');
    await waitFor('its end', async () => !postgres.isRunning);
    postgres.begin();
    await waitFor('the new password', () => answersWith(postgres, 'another-password_2'));
  },
);

testWithOwnPostgres('it ends while its files are made, and makes them anew', async () => {
  const postgres = new ManagedPostgres(tempFolder(), MEMORY);
  postgres.begin();
  await waitFor('its first files', async () => postgres.isBeingMade);
  expect(await postgres.stop()).toBe(143);
  await postgres.start();
  expect(postgres.said).not.toContain('ERROR');
});

testWithOwnPostgres('it ends in order when it is told to', async () => {
  const postgres = new ManagedPostgres(tempFolder(), MEMORY);
  await postgres.start();
  expect(await postgres.stop()).toBe(0);
  expect(postgres.said).toContain('database system is shut down');
});
