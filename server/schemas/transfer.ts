// What export and import take and give: lines of JSON.
// Next: `../routes/export.ts`, `../routes/import.ts`.
import { Type } from 'typebox';
import { problemReplies } from '../schemas.ts';
import { cursor } from './list.ts';

export const NDJSON = 'application/x-ndjson';

export const ExportQuery = Type.Object(
  { cursor: Type.Optional(cursor) },
  { additionalProperties: false },
);

export const ImportQuery = Type.Object(
  {
    onConflict: Type.Optional(
      Type.Enum(['replace', 'skip'], {
        default: 'replace',
        description: 'What becomes of entries that are there.',
      }),
    ),
    from: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        default: 1,
        description: 'Lines before this one, counted from 1, are passed over.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Nothing is said of the lines: they are checked one by one. */
const lines = { content: { [NDJSON]: { schema: {} } } };

export const importBody = { description: 'Lines of an export, or such as they are.', ...lines };

const linesReply = (description: string) => ({
  description,
  content: { [NDJSON]: { schema: { type: 'string' } } },
});

export const exportReplies = {
  200: linesReply('A head, the entries, a cursor after each page, and an end'),
  ...problemReplies(401, 403, 410, 422, 503),
};

export const importReplies = {
  200: linesReply('How far it has come, and at the end what became of all'),
  ...problemReplies(401, 403, 413, 415, 422, 503, 507),
};
