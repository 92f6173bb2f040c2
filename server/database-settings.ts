// What the settings of the database must be together: each engine has its own kind of location.
// Next: `config.ts` tells these mistakes with all others.

type Environment = Readonly<Record<string, string | undefined>>;

const POSTGRES_URL = /^postgres(ql)?:\/\//;

/** The mistakes there are; a location may hold a password and is never repeated. */
export function databaseMistakes(env: Environment): string[] {
  return env.DATABASE_TYPE === 'postgres' ? postgresMistakes(env) : sqliteMistakes(env);
}

function sqliteMistakes({ DATABASE_LOCATION, DATABASE_LOCATION_FILE }: Environment): string[] {
  const wants = 'which needs DATABASE_TYPE=postgres';
  const mistakes: string[] = [];
  if (POSTGRES_URL.test(DATABASE_LOCATION ?? '')) {
    mistakes.push(`DATABASE_LOCATION is a URL of Postgres, ${wants}`);
  }
  if (DATABASE_LOCATION_FILE) mistakes.push(`DATABASE_LOCATION_FILE is set, ${wants}`);
  return mistakes;
}

function postgresMistakes(env: Environment): string[] {
  const { DATABASE_LOCATION: location, DATABASE_LOCATION_FILE: file } = env;
  const wants = 'with DATABASE_TYPE=postgres';
  const mistakes: string[] = [];
  if (Boolean(location) === Boolean(file)) {
    mistakes.push(
      `DATABASE_LOCATION or DATABASE_LOCATION_FILE, and only one, must be set ${wants}`,
    );
  }
  if (location && !POSTGRES_URL.test(location)) {
    mistakes.push(`DATABASE_LOCATION must begin with postgres:// ${wants}`);
  }
  if (!env.SEALING_KEY_FILE) mistakes.push(`SEALING_KEY_FILE must be set ${wants}`);
  return mistakes;
}
