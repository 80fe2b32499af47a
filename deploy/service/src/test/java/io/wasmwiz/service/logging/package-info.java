/** Tests of what every process shares. */
@NullMarked
package io.wasmwiz.service.logging;

import org.jspecify.annotations.NullMarked;
