// Media types as values carry them: checked when they come, since a browser may read them one day.
// Pure.
// Next: `routes/entries.ts`.
import { contentTypeBytesMax } from './sealing/content.ts';

/** What a value is whose writer did not say. */
export const BYTES_TYPE = 'application/octet-stream';

const NAME = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*"';
const MEDIA_TYPE = new RegExp(
  `^${NAME}/${NAME}(?:[ \\t]*;(?:[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))?)*[ \\t]*$`,
);

/** Whether a text is a media type (RFC 9110, 8.3.1) that a value can carry. */
export const isMediaType = (text: string): boolean =>
  text.length <= contentTypeBytesMax && MEDIA_TYPE.test(text);
