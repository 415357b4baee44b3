/** The vhost-user door beside DPDK's; {@code tools/lab/bench-vhost} runs both. */
@NullMarked
package dev.javf.bench.vhost;

import org.jspecify.annotations.NullMarked;
