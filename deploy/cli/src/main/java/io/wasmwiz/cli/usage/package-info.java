/** The usage command. */
@NullMarked
package io.wasmwiz.cli.usage;

import org.jspecify.annotations.NullMarked;
