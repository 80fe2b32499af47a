@NullMarked
package io.wasmwiz.executor.wasm;

import org.jspecify.annotations.NullMarked;
