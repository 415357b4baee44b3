/** The virtio network device (VirtIO 1.2, 5.1), whichever door shows it. */
@NullMarked
package dev.javf.virtio.net;

import org.jspecify.annotations.NullMarked;
