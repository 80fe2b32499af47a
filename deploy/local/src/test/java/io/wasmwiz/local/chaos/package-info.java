@NullMarked
package io.wasmwiz.local.chaos;

import org.jspecify.annotations.NullMarked;
