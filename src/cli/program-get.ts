/** The same program; scripts/build.ts bundles it once more from here, as one file with `get` as its only command. */
export { main } from "./program.ts";
