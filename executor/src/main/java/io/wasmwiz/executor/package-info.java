/** The executor: configuration, composition root and main. Knows every package below; none knows it. */
@NullMarked
package io.wasmwiz.executor;

import org.jspecify.annotations.NullMarked;
