/** The run command. */
@NullMarked
package io.wasmwiz.cli.run;

import org.jspecify.annotations.NullMarked;
