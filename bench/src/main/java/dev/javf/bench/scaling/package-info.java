/** What a packet costs with more VFs, VLANs, ports and threads. */
@NullMarked
package dev.javf.bench.scaling;

import org.jspecify.annotations.NullMarked;
