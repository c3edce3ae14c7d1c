/** A second is what vi.waitFor waits by itself: on a machine that others load, the machine would decide what passes. */
import { vi } from "vitest";

const { waitFor } = vi;
vi.waitFor = (check, options) => waitFor(check, options ?? { timeout: 20_000 });
