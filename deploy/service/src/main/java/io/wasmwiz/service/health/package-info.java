/** Dependencies watched in the background. */
@NullMarked
package io.wasmwiz.service.health;

import org.jspecify.annotations.NullMarked;
