/** The command {@code wasmwiz bench}: figures beside their floors, from servers that it starts itself. */
@NullMarked
package io.wasmwiz.local.bench;

import org.jspecify.annotations.NullMarked;
