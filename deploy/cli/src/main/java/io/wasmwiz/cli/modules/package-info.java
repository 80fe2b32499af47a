/** The modules commands. */
@NullMarked
package io.wasmwiz.cli.modules;

import org.jspecify.annotations.NullMarked;
