// Checks by schemas of TypeBox. Compiling one takes time and memory, and most routes of a server
// are seldom called, so each is compiled when something is first checked by it.
// Next: `parameters.ts`, `operations.ts` and `transfer-line.ts`, which check by it.
import type { FastifySchemaValidationError } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** Tells whether values fit a schema, and what is wrong with those that do not. */
export class SchemaCheck<Schema extends TSchema = TSchema> {
  readonly #schema: Schema;
  #compiled: ReturnType<typeof Compile<Schema>> | undefined;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  fits(value: unknown): value is Static<Schema> {
    this.#compiled ??= Compile(this.#schema);
    return this.#compiled.Check(value);
  }

  /** What does not fit; nothing where `value` does. */
  complaints(value: unknown): FastifySchemaValidationError[] {
    this.#compiled ??= Compile(this.#schema);
    return this.#compiled.Errors(value) as never;
  }
}
