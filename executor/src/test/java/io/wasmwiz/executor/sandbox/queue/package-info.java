@NullMarked
package io.wasmwiz.executor.sandbox.queue;

import org.jspecify.annotations.NullMarked;
