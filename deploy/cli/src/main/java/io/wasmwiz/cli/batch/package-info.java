/** The batch command: items from lines, files or JSON through one stream, results as JSON lines, whatever cuts it. */
@NullMarked
package io.wasmwiz.cli.batch;

import org.jspecify.annotations.NullMarked;
