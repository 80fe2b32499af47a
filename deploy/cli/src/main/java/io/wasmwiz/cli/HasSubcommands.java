package io.wasmwiz.cli;

import java.util.List;

/** A command that holds others. */
public interface HasSubcommands {
    /** Its own subcommands, in the order of the help. */
    List<Object> subcommands();
}
