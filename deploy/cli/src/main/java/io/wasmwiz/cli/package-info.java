/**
 * The client's side of the {@code wasmwiz} command. {@link io.wasmwiz.cli.Main} picks a subcommand; each feature has a
 * package, and they share only {@code connect} (where and as whom), {@code failure} (what went wrong, exit codes) and
 * {@code text} (what people type and read).
 */
@NullMarked
package io.wasmwiz.cli;

import org.jspecify.annotations.NullMarked;
