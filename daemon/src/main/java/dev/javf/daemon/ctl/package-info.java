/** The program javfctl: talks to javfd over its control socket. */
@NullMarked
package dev.javf.daemon.ctl;

import org.jspecify.annotations.NullMarked;
