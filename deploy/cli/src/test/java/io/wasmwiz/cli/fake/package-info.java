/** A server with the wire behaviour of WasmWiz and no engine, for tests of its client. */
@NullMarked
package io.wasmwiz.cli.fake;

import org.jspecify.annotations.NullMarked;
