/** Tests of what every process shares. */
@NullMarked
package io.wasmwiz.service.admin;

import org.jspecify.annotations.NullMarked;
