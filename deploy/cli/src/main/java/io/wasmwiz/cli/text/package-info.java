/** What people type and read: durations, byte sizes, tables, progress, the terminal. */
@NullMarked
package io.wasmwiz.cli.text;

import org.jspecify.annotations.NullMarked;
