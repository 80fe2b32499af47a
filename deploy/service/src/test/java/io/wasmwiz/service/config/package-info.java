/** Tests of what every process shares. */
@NullMarked
package io.wasmwiz.service.config;

import org.jspecify.annotations.NullMarked;
