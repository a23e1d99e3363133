// The annotation guide in short, in English: what each label means, with two examples of our own
// writing. The whole guide is models/corpus/GUIDE.md; `version` is that of schemas/labels.py.

const label = (name, says, ...examples) => ({ name, says, examples });

export const guide = {
  version: "4",
  heads: {
    intent: {
      name: "Intent",
      asks: "Do they mean to buy, for themselves or theirs?",
      labels: {
        none: label(
          "No intent",
          "Everything else: complaints, praise, help with what they have, purchases already made, adverts, jokes.",
          "Telvia, just give me my refund already.",
          "I want summer to get here, that's all.",
        ),
        latent: label(
          "Latent",
          "A wish, need or temptation, without a step towards it.",
          "One day I will own a pair of Nimbara…",
          "My washing machine sounds like take-off, might be time for another.",
        ),
        active: label(
          "Active",
          "Buying now or says so: asks price, where or which, books, switches.",
          "Anyone know who still has the blue Kolmio in stock?",
          "Switching to Telvia on Friday, done deal.",
        ),
      },
    },
    stage: {
      name: "Stage",
      asks: "Where on the journey are they with this product or brand?",
      labels: {
        none: label(
          "No stage",
          "Not about a product, service or brand.",
          "Morning all, off for a run in the rain.",
          "That song is stuck in my head again.",
        ),
        awareness: label(
          "Awareness",
          "Notices, shares or comments without weighing it up or using it; adverts too.",
          "They just unveiled the Tessera 4, odd colour.",
          "Today only, 20% off everything at Cordal!",
        ),
        consideration: label(
          "Consideration",
          "Weighs it up or wants it: compares, ponders, asks for advice.",
          "Okari or Zarcela for a small flat?",
          "I'd love a Kolmio, but that price…",
        ),
        decision: label(
          "Decision",
          "Acquiring: orders, books, pays, has just bought or awaits the first delivery.",
          "Order placed, my Nimbara arrive on Tuesday.",
          "Vuelanova won't let me pay for the booking, what now?",
        ),
        use: label(
          "Use",
          "Speaks of what they have or use: experience, faults, help.",
          "My Tessera has been switching itself off since yesterday.",
          "Two years on Planivo and still as comfy.",
        ),
        advocacy: label(
          "Advocacy",
          "Tells others to take it or to avoid it.",
          "Go with Zarcela, you won't look back.",
          "Never sign up with Telvia, honestly.",
        ),
      },
    },
    needs_reply: {
      name: "Needs a reply?",
      asks: "Would the brand be expected to answer?",
      labels: {
        no: label(
          "No",
          "Nothing to answer; nor is a thank-you, or a grumble that is not put to the brand.",
          "Thanks, all sorted now.",
          "Vuelanova late again, what a surprise.",
        ),
        yes: label(
          "Yes",
          "A question, problem or complaint put to the brand, or a buying question it could answer.",
          "@okari are you open on Sunday?",
          "Does the Kolmio come with a charger?",
        ),
      },
    },
    sentiment: {
      name: "Sentiment",
      asks: "How do they feel about what they write of?",
      labels: {
        negative: label(
          "Negative",
          "Displeasure, anger, disappointment, worry; sarcasm that means it too.",
          "Lovely, another hour waiting for Vuelanova 🙄",
          "What a let-down of a screen.",
        ),
        neutral: label(
          "Neutral",
          "Questions, facts, news, adverts; feelings in equal parts.",
          "What time does the Cordal shop close?",
          "Got the 14 inch Tessera.",
        ),
        positive: label(
          "Positive",
          "Pleasure, gratitude, enthusiasm, praise, keenness that shows.",
          "Can't wait for my Nimbara to arrive! 😍",
          "Ten minutes and fixed, thank you Telvia.",
        ),
      },
    },
    acts: {
      name: "What the text does",
      asks: "None, one or several. They follow the words, not the other answers.",
      none: "None of these",
      labels: {
        question: label(
          "Question",
          "Asks for information and wants an answer; rhetorical ones do not count.",
          "Does the Okari work on induction?",
          "How long does Cordal take to ship to the islands?",
        ),
        order_status: label(
          "Order status",
          "Asks or tells where their order, booking, delivery or refund stands.",
          "Still “out for delivery” since Monday.",
          "No confirmation from the hotel yet.",
        ),
        incident: label(
          "Incident",
          "Something they have or use does not work, is missing, wrong or late.",
          "The Planivo app won't load, what should I do?",
          "The box came without the charger.",
        ),
        complaint: label(
          "Complaint",
          "Expresses dissatisfaction with a product, service or brand.",
          "That battery is a rip-off.",
          "Telvia's support is dreadful.",
        ),
        praise: label(
          "Praise",
          "Expresses satisfaction; thanks for good service too.",
          "Love how the Nimbara sound.",
          "Thank you Zarcela, that was quick.",
        ),
        asks_recommendation: label(
          "Asks advice",
          "Asks others what to take, where to go, whom to trust. Also a question.",
          "Which phone would you get for 300?",
          "Anyone got the Kolmio? How is it?",
        ),
        gives_recommendation: label(
          "Gives advice",
          "Tells others to take it or to avoid it.",
          "Go to Okari, seriously.",
          "Don't ever fly Vuelanova.",
        ),
        usage_tip: label(
          "Usage tip",
          "Tells others how to use it, fix it or get more out of it.",
          "If the Tessera hangs, hold the button for ten seconds.",
          "Zarcela sauce is so much better with a squeeze of lime.",
        ),
      },
    },
  },
};
