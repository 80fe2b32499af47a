/** What went wrong, as people read it and as exit codes. */
@NullMarked
package io.wasmwiz.cli.failure;

import org.jspecify.annotations.NullMarked;
