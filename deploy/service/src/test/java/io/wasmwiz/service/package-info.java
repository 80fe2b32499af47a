/** Tests of what every process shares. */
@NullMarked
package io.wasmwiz.service;

import org.jspecify.annotations.NullMarked;
