/** Which server, as whom: flags, environment, running local stack; and the channel to it. */
@NullMarked
package io.wasmwiz.cli.connect;

import org.jspecify.annotations.NullMarked;
