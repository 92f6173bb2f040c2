// Postgres under the store contract, with a look at its tables after each test.
// The contract is in `store-contract.ts`.
import { storeContract } from './store-contract.ts';
import { hasPostgres, testWithPostgres } from './support/postgres.ts';
import { openerOn } from './support/postgres-contract.ts';
import { server } from './support/shared-postgres.ts';

if (hasPostgres)
  storeContract(
    'Postgres',
    openerOn(() => server),
  );
else testWithPostgres('Postgres keeps the store contract', async () => {});
