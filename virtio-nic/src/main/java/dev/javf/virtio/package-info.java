/**
 * VirtIO 1.2: what every device has, whichever door shows it. {@link dev.javf.virtio.DeviceStatus}
 * holds the rules of the one register that everything else obeys.
 */
@NullMarked
package dev.javf.virtio;

import org.jspecify.annotations.NullMarked;
