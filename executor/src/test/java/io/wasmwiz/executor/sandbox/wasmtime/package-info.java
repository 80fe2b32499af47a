@NullMarked
package io.wasmwiz.executor.sandbox.wasmtime;

import org.jspecify.annotations.NullMarked;
