/** A TCP proxy that loses, delays and cuts: for chaos and for tests. */
@NullMarked
package io.wasmwiz.embedded.proxy;

import org.jspecify.annotations.NullMarked;
