// The whole job: data-ready interrupt -> time stamp -> nine octets by I2C -> ring -> packet -> frame -> UART by DMA.
#include "frame.h"
#include "hardware/clocks.h"
#include "hardware/gpio.h"
#include "hardware/i2c.h"
#include "jig.h"
#include "link.h"
#include "read.h"
#include "ring.h"
#include "stream.h"

static void bus_init(void) {
    i2c_init(BUS, BUS_HZ);
    gpio_set_function(SCL_PIN, GPIO_FUNC_I2C);
    gpio_set_function(SDA_PIN, GPIO_FUNC_I2C);
    gpio_pull_up(SCL_PIN);
    gpio_pull_up(SDA_PIN);
    gpio_init(READY_PIN);
}

int main(void) {
    // As MicroPython has it; the emulated UART divides the same clock.
    clock_configure(clk_peri, 0, CLOCKS_CLK_PERI_CTRL_AUXSRC_VALUE_CLKSRC_PLL_USB, USB_CLK_HZ, USB_CLK_HZ);
    frame_init();
    bus_init();
    link_init();
    link_put((const uint8_t *)"", 1);  // the delimiter before the first frame
    static const uint8_t measure[] = {CONTROL_REGISTER, MEASURE};
    i2c_write_blocking(BUS, SENSOR_ADDRESS, measure, sizeof measure, false);
    JIG->mark = 0;  // the tick at which on-board time was zero
    read_init();
    while (1) {
        while (ring_tail != ring_committed) {
            const uint8_t *frame = stream_take();
            if (frame) {
                link_put(frame, STREAM_FRAME_LEN);
            }
        }
        link_pump();
        __asm volatile("wfe");  // an interrupt since the last wfe ends this one at once
    }
}
