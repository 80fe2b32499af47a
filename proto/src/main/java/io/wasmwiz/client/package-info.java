/** What a client needs beside the stubs when it calls several executors: their addresses and when to call again. */
@NullMarked
package io.wasmwiz.client;

import org.jspecify.annotations.NullMarked;
