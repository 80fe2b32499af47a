/** End-to-end tests of the whole stack. */
@NullMarked
package io.wasmwiz.local;

import org.jspecify.annotations.NullMarked;
