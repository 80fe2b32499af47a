/** The command {@code wasmwiz chaos}: breaks a cluster on a seed while it is used, then proves its books. */
@NullMarked
package io.wasmwiz.local.chaos;

import org.jspecify.annotations.NullMarked;
