package demo

import (
	"packbench/packing"
	"packbench/store"
)

// goods is the shop's shelf.
var goods = []store.Goods{
	thing("MUG-RED-11", "6901234500011", "马克杯 红", "Mug, red", "11 oz", 310_000, "A1-01"),
	thing("MUG-BLU-11", "6901234500028", "马克杯 蓝", "Mug, blue", "11 oz", 310_000, "A1-02"),
	thing("TEE-BLK-M", "6901234500035", "T恤 黑", "T-shirt, black", "M", 190_000, "A2-01"),
	thing("TEE-BLK-L", "6901234500042", "T恤 黑", "T-shirt, black", "L", 205_000, "A2-02"),
	thing("CHG-20W", "6901234500059", "充电头", "Charger", "20 W", 62_000, "B1-01"),
	thing("CAB-C-1M", "6901234500066", "数据线", "Cable, USB-C", "1 m", 41_000, "B1-02"),
	thing("LAMP-DESK", "6901234500073", "台灯", "Desk lamp", "LED", 880_000, "B2-01"),
	thing("SOAP-LAV", "6901234500080", "香皂 薰衣草", "Soap, lavender", "100 g", 118_000, "C1-01"),
	thing("NOTE-A5", "6901234500097", "笔记本", "Notebook", "A5", 235_000, "C1-02"),
	thing("BEAR-30", "6901234500103", "小熊", "Teddy bear", "30 cm", 420_000, "C2-01"),
	thing("SOCK-3P", "6901234500110", "袜子", "Socks", "3 双 / 3 pairs", 96_000, "C2-02"),
	thing("BOTL-1L", "6901234500127", "水壶", "Bottle", "1 L", 265_000, "D1-01"),
}

func thing(sku, ean, zh, en, spec string, mg int64, place string) store.Goods {
	return store.Goods{
		SKU: sku, Codes: []store.GoodsCode{{Code: ean, Units: 1}}, NameZH: zh, NameEN: en, Spec: spec,
		WeightMg: mg, WeightSource: "measured", Location: place,
	}
}

// people are the shift: who picks, who verifies, who answers.
var people = []store.Person{
	{ID: "W001", Name: "王强"},
	{ID: "C002", Name: "陈丽"},
	{ID: "B009", Name: "班长 周", Role: packing.RoleSupervisor},
}

const (
	picker     = "W001"
	verifier   = "C002"
	supervisor = "B009"
	bossPIN    = "246810"
)
