/** Tests of what every process shares. */
@NullMarked
package io.wasmwiz.service.database;

import org.jspecify.annotations.NullMarked;
