/** Modules as people name them: files and digests. */
@NullMarked
package io.wasmwiz.cli.module;

import org.jspecify.annotations.NullMarked;
