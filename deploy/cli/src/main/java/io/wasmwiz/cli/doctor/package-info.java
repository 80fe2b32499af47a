/** The doctor command: what is wrong with a server or a local stack, and what to do. */
@NullMarked
package io.wasmwiz.cli.doctor;

import org.jspecify.annotations.NullMarked;
