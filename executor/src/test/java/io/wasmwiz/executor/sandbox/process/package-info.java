@NullMarked
package io.wasmwiz.executor.sandbox.process;

import org.jspecify.annotations.NullMarked;
