// The annotation guide in short, in Spanish: what each label means, with two examples of our own
// writing. The whole guide is models/corpus/GUIDE.md; `version` is that of schemas/labels.py.

const label = (name, says, ...examples) => ({ name, says, examples });

export const guide = {
  version: "4",
  heads: {
    intent: {
      name: "Intención",
      asks: "¿Quiere comprar, para sí o los suyos?",
      labels: {
        none: label(
          "Sin intención",
          "Todo lo demás: quejas, elogios, ayuda con lo que ya tiene, compras ya hechas, anuncios, bromas.",
          "Telvia, devolvedme ya el dinero de la avería.",
          "Quiero que llegue el verano de una vez.",
        ),
        latent: label(
          "Latente",
          "Un deseo, una necesidad o una tentación, sin dar un paso.",
          "Qué ganas de tener unos Nimbara, algún día…",
          "Mi lavadora suena a despegue, habrá que ir pensando en otra.",
        ),
        active: label(
          "Activa",
          "Está comprando o dice que lo hará: pregunta precio, dónde o cuál, reserva, se cambia.",
          "¿Alguien sabe dónde queda stock del Kolmio azul?",
          "El viernes me cambio a Telvia, decidido.",
        ),
      },
    },
    stage: {
      name: "Etapa",
      asks: "¿En qué punto del recorrido está con el producto o la marca?",
      labels: {
        none: label(
          "Sin etapa",
          "No habla de producto, servicio ni marca.",
          "Buenos días, hoy toca correr bajo la lluvia.",
          "Se me ha pegado esa canción y no hay manera.",
        ),
        awareness: label(
          "Descubrimiento",
          "La ve, la comparte o la comenta sin evaluarla ni usarla; también los anuncios.",
          "Acaban de presentar el Tessera 4, curioso el color.",
          "¡Solo hoy, 20 % en toda la web de Cordal!",
        ),
        consideration: label(
          "Consideración",
          "La evalúa o la desea: compara, sopesa, pide consejo.",
          "¿Okari o Zarcela para un piso pequeño?",
          "Me muero por un Kolmio, pero el precio…",
        ),
        decision: label(
          "Decisión",
          "Compra: pide, reserva, paga, acaba de comprar o espera el primer envío.",
          "Pedido hecho, el martes llegan mis Nimbara.",
          "No me deja pagar la reserva de Vuelanova, ¿qué hago?",
        ),
        use: label(
          "Uso",
          "Habla de lo que ya tiene o usa: experiencia, averías, ayuda.",
          "Mi Tessera se apaga sola desde ayer.",
          "Dos años con Planivo y sigue igual de cómodo.",
        ),
        advocacy: label(
          "Recomendación",
          "Anima a otros a tomarla o a evitarla.",
          "Os recomiendo Zarcela, no vais a volver a otra.",
          "Ni se os ocurra contratar Telvia.",
        ),
      },
    },
    needs_reply: {
      name: "¿Pide respuesta?",
      asks: "¿Cabe esperar que la marca conteste?",
      labels: {
        no: label(
          "No",
          "Nada que contestar; un «gracias» tampoco, ni una queja que no se dirige a la marca.",
          "Gracias, ya me lo habéis arreglado.",
          "Otra vez Vuelanova con retraso, qué novedad.",
        ),
        yes: label(
          "Sí",
          "Una pregunta, un problema o una queja dirigida a la marca, o una duda de compra que ella podría resolver.",
          "@okari ¿abrís el domingo?",
          "¿El Kolmio lleva cargador en la caja?",
        ),
      },
    },
    sentiment: {
      name: "Sentimiento",
      asks: "¿Qué siente quien escribe por aquello de lo que habla?",
      labels: {
        negative: label(
          "Negativo",
          "Disgusto, enfado, decepción, preocupación; también la ironía que lo dice.",
          "Fenomenal, otra hora esperando a Vuelanova 🙄",
          "Qué decepción de pantalla.",
        ),
        neutral: label(
          "Neutro",
          "Preguntas, hechos, noticias, anuncios; sentimientos a partes iguales.",
          "¿A qué hora cierra la tienda de Cordal?",
          "He cogido el Tessera de 14 pulgadas.",
        ),
        positive: label(
          "Positivo",
          "Gusto, gratitud, entusiasmo, elogio, ganas que se notan.",
          "¡No veo la hora de que lleguen mis Nimbara! 😍",
          "Diez minutos y resuelto, gracias Telvia.",
        ),
      },
    },
    acts: {
      name: "Qué hace el texto",
      asks: "Ninguno, uno o varios. Siguen a las palabras, no a las otras respuestas.",
      none: "Ninguno de estos",
      labels: {
        question: label(
          "Pregunta",
          "Pide información y quiere que le contesten; las retóricas no cuentan.",
          "¿El Okari sirve para inducción?",
          "¿Cuánto tarda Cordal en enviar a Canarias?",
        ),
        order_status: label(
          "Estado del pedido",
          "Pregunta o cuenta cómo va su pedido, reserva, envío o reembolso.",
          "Sigue «en reparto» desde el lunes.",
          "Aún no tengo la confirmación del hotel.",
        ),
        incident: label(
          "Incidencia",
          "Algo que tiene o usa no funciona, falta, está mal o llega tarde.",
          "No me carga la app de Planivo, ¿qué hago?",
          "Me ha llegado la caja sin el cargador.",
        ),
        complaint: label(
          "Queja",
          "Expresa descontento con un producto, un servicio o una marca.",
          "Vaya timo de batería.",
          "Atención al cliente de pena la de Telvia.",
        ),
        praise: label(
          "Elogio",
          "Expresa satisfacción; también dar las gracias por un buen servicio.",
          "Me encanta cómo suenan los Nimbara.",
          "Gracias, Zarcela, rapidísimos.",
        ),
        asks_recommendation: label(
          "Pide consejo",
          "Pregunta a otros qué tomar, adónde ir, de quién fiarse. También es pregunta.",
          "¿Qué móvil os compraríais por 300 €?",
          "¿Alguien tiene el Kolmio? ¿Qué tal va?",
        ),
        gives_recommendation: label(
          "Da consejo",
          "Dice a otros que lo tomen o que lo eviten.",
          "Id a Okari, de verdad.",
          "Ni se os ocurra volar con Vuelanova.",
        ),
        usage_tip: label(
          "Truco de uso",
          "Cuenta a otros cómo usarlo, arreglarlo o sacarle más.",
          "Si el Tessera se cuelga, mantened el botón diez segundos.",
          "La salsa Zarcela con un chorrito de lima gana mucho.",
        ),
      },
    },
  },
};
