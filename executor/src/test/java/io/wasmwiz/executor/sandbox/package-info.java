@NullMarked
package io.wasmwiz.executor.sandbox;

import org.jspecify.annotations.NullMarked;
