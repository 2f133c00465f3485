// How the sensor is read: read_dma.c or read_blocking.c.
#pragma once

// The bus, the sensor and the bench's model of it (bench/board/sensor.py).
#define BUS i2c0
#define SCL_PIN 5
#define SDA_PIN 4
#define BUS_HZ 1000000
#define READY_PIN 15
#define SENSOR_ADDRESS 0x42
#define CONTROL_REGISTER 0x01
#define MEASURE 1
#define DATA_REGISTER 0x08

// Make every rising edge of READY_PIN a sample in the ring. The bus is set up and belongs to the interrupts from here on.
void read_init(void);
