/** The schema, how it is applied, and the command that applies it. Knows neither service. */
@NullMarked
package io.wasmwiz.migrations;

import org.jspecify.annotations.NullMarked;
