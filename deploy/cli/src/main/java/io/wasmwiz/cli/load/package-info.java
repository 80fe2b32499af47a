/** The load command: open and closed loops, latency histograms, processor time per call. */
@NullMarked
package io.wasmwiz.cli.load;

import org.jspecify.annotations.NullMarked;
