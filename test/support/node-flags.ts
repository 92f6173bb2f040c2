// How Node is run where threads load TypeScript, that is in tests alone: each strips the types by
// WebAssembly, and in V8 13.6 two threads that optimize calls between it and JavaScript at one time
// may end the process (UnregisterWasmAllocation). Without that optimization they do not.
// Used by `vitest.config.ts`, and by tests that start a server from its sources.

/** Never reached: as many calls as V8 can count. */
const CALLS = 2 ** 31 - 1;

export const NODE_FLAGS: readonly string[] = [`--wasm-wrapper-tiering-budget=${CALLS}`];
